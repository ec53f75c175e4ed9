import type { ValueDifference } from "../api/executions";
import { useMessages } from "../i18n/useMessages";
import styles from "./compare.module.css";
import { executionMessages } from "./messages";

const SIGNS = { add: "+", remove: "−", replace: "~" } as const;

/** Where two JSON values differ, one place a line. Nothing where they do not. */
export function Difference({ title, difference }: { title: string; difference: ValueDifference }) {
  const t = useMessages(executionMessages);
  if (difference.changes.length === 0 && !difference.truncated) return null;
  return (
    <section className={styles.difference}>
      <h4>{title}</h4>
      <dl>
        {difference.changes.map((change, index) => (
          <div key={index} data-op={change.op}>
            <dt>
              <span aria-hidden>{SIGNS[change.op]}</span> <code>{change.path === "" ? t("wholeValue") : change.path}</code>
            </dt>
            <dd>
              {change.op !== "add" && <del>{show(change.left)}</del>} {change.op !== "remove" && <ins>{show(change.right)}</ins>}
            </dd>
          </div>
        ))}
      </dl>
      {difference.truncated && <p className={styles.muted}>{t("moreDifferences")}</p>}
    </section>
  );
}

const MOST_CHARS = 400;

function show(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  return text.length > MOST_CHARS ? `${text.slice(0, MOST_CHARS)}…` : text;
}
