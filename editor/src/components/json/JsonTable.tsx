import { useState } from "react";
import { useMessages } from "../../i18n/useMessages";
import { expressionPath, type Path } from "../../schema/paths";
import { cellText, type JsonTableData } from "./jsonTable";
import styles from "./JsonTable.module.css";
import { jsonMessages } from "./messages";
import { PATH_TYPE } from "./pathType";

const PAGE = 50;

export interface JsonTableProps {
  table: JsonTableData;
  rootPath: Path;
  label: string;
  onPick?: ((path: string) => void) | undefined;
}

/** A list of objects as rows and columns; a cell can be picked like a row of the tree. */
export function JsonTable({ table, rootPath, label, onPick }: JsonTableProps) {
  const t = useMessages(jsonMessages);
  const [count, setCount] = useState(PAGE);
  const more = table.rows.length - count;
  return (
    <div className={styles.scroll} tabIndex={0} role="group" aria-label={label}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col" className={styles.number}>
              #
            </th>
            {table.columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.slice(0, count).map((row, index) => (
            <tr key={index}>
              <th scope="row" className={styles.number}>
                {index}
              </th>
              {table.columns.map((column) => {
                const text = cellText(row[column]);
                const path = expressionPath([...rootPath, ...table.path, index, column]);
                return (
                  <td
                    key={column}
                    data-type={row[column] === undefined ? "missing" : row[column] === null ? "null" : typeof row[column]}
                    title={onPick ? t("insert", { path }) : text.length > 40 ? text.slice(0, 2000) : undefined}
                    draggable={onPick !== undefined}
                    onClick={onPick && (() => onPick(path))}
                    onDragStart={(event) => {
                      event.dataTransfer.setData(PATH_TYPE, path);
                      event.dataTransfer.setData("text/plain", `{{ ${path} }}`);
                    }}
                  >
                    {text.length > 300 ? `${text.slice(0, 300)}…` : text}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
      {more > 0 && (
        <button type="button" className={styles.more} onClick={() => setCount(count + 10 * PAGE)}>
          {t("more", { count: Math.min(more, 10 * PAGE) })}
        </button>
      )}
    </div>
  );
}
