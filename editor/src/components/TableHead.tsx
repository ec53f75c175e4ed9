import { useMessages } from "../i18n/useMessages";
import { componentMessages } from "./messages";

/** The titles of a list's columns; those of `actions` is for screen readers alone. */
export function TableHead({ titles, actions = false }: { titles: readonly string[]; actions?: boolean }) {
  const t = useMessages(componentMessages);
  return (
    <thead>
      <tr>
        {titles.map((title) => (
          <th key={title} scope="col">
            {title}
          </th>
        ))}
        {actions && (
          <th scope="col">
            <span className="ff-visually-hidden">{t("actions")}</span>
          </th>
        )}
      </tr>
    </thead>
  );
}
