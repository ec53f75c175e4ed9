import { EllipsisVertical } from "lucide-react";
import { useMessages } from "../i18n/useMessages";
import { IconButton } from "./IconButton";
import { Menu, type MenuItem } from "./Menu";
import { componentMessages } from "./messages";

export interface RowMenuProps {
  items: readonly MenuItem[];
  /** Names the row, for screen readers. */
  label: string;
  testId: string;
  onOpen?: () => void;
}

/** What can be done with a line of a list. */
export function RowMenu({ items, label, testId, onOpen }: RowMenuProps) {
  const t = useMessages(componentMessages);
  return (
    <Menu
      items={items}
      label={label}
      trigger={({ open, toggle, ref }) => (
        <IconButton
          ref={ref}
          label={label}
          tooltip={t("actions")}
          aria-haspopup="menu"
          aria-expanded={open}
          testId={testId}
          onClick={() => {
            onOpen?.();
            toggle();
          }}
        >
          <EllipsisVertical />
        </IconButton>
      )}
    />
  );
}
