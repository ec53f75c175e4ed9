import { BellOff, PencilLine, Plus, Trash2 } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "../components/Button";
import { EmptyState } from "../components/EmptyState";
import { IconButton } from "../components/IconButton";
import list from "../components/list.module.css";
import { TableHead } from "../components/TableHead";
import { useMessages } from "../i18n/useMessages";
import { alertMessages } from "./messages";

export interface AlertTableProps {
  testId: string;
  titles: readonly string[];
  /** What is said in place of an empty list. */
  empty: { title: string; text: string };
  create: { label: string; testId: string; disabledReason: string | null; onClick: () => void };
  /** The rows. */
  children: readonly ReactNode[];
}

/** Rules or channels, and the button that makes another one. */
export function AlertTable({ testId, titles, empty, create, children }: AlertTableProps) {
  const button = (
    <Button variant="primary" icon={<Plus />} disabledReason={create.disabledReason} testId={create.testId} onClick={create.onClick}>
      {create.label}
    </Button>
  );
  if (children.length === 0) return <EmptyState icon={<BellOff />} title={empty.title} text={empty.text} actions={button} />;
  return (
    <>
      <div className={list.bar}>{button}</div>
      <table className={list.table} data-testid={testId}>
        <TableHead titles={titles} actions />
        <tbody>{children}</tbody>
      </table>
    </>
  );
}

export interface RowButtonsProps {
  id: string;
  name: string;
  onEdit: () => void;
  onRemove: () => void;
  /** Why the user may change neither. */
  refused: string | null;
  /** Why it cannot be removed. */
  kept: string | null;
}

/** Changes or removes a rule or a channel. */
export function RowButtons({ id, name, onEdit, onRemove, refused, kept }: RowButtonsProps) {
  const t = useMessages(alertMessages);
  return (
    <>
      <IconButton label={`${t("edit")} ${name}`} tooltip={t("edit")} disabledReason={refused} testId={`edit-${id}`} onClick={onEdit}>
        <PencilLine />
      </IconButton>
      <IconButton label={`${t("remove")} ${name}`} tooltip={t("remove")} disabledReason={refused ?? kept} testId={`remove-${id}`} onClick={onRemove}>
        <Trash2 />
      </IconButton>
    </>
  );
}
