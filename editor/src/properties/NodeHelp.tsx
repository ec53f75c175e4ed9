import type { NodeType } from "../api/types";
import { JsonTree } from "../components/json/JsonTree";
import { Markdown } from "../components/markdown/Markdown";
import { schemaSkeleton } from "../expressions/buildScope";
import { useLocale, useMessages } from "../i18n/useMessages";
import { isObject, type Json, type JsonSchema } from "../schema/jsonSchema";
import { propertiesMessages } from "./messages";
import styles from "./properties.module.css";

/** The node type's own words: summary, help, outputs, what it gives, an example. */
export function NodeHelp({ nodeType, nodeId }: { nodeType: NodeType; nodeId: string }) {
  const t = useMessages(propertiesMessages);
  const russian = useLocale().startsWith("ru");
  const skeleton = schemaSkeleton(nodeType.output_schema as JsonSchema);
  const example = nodeType.example["parameters"];
  return (
    <div className={styles.helpTab} data-testid="node-help">
      <p className={styles.lead}>{russian ? nodeType.summary_ru : nodeType.summary}</p>
      <Markdown text={(russian ? nodeType.help_ru : nodeType.help).replace(/<id>/g, nodeId)} />
      {nodeType.ports.length > 1 && (
        <>
          <h3>{t("ports")}</h3>
          <dl className={styles.ports}>
            {nodeType.ports.map((port) => (
              <div key={port.id}>
                <dt>{port.label}</dt>
                <dd>{russian ? port.description_ru : port.description}</dd>
              </div>
            ))}
          </dl>
        </>
      )}
      {isObject(skeleton) && (
        <>
          <h3>{t("outputFields")}</h3>
          <JsonTree value={skeleton} rootPath={nodeType.kind === "trigger" ? ["trigger"] : ["steps", nodeId]} label={t("outputFields")} />
        </>
      )}
      {isObject(example) && (
        <>
          <h3>{t("example")}</h3>
          <pre className={styles.exampleCode} tabIndex={0}>
            {JSON.stringify(example as Json, null, 2)}
          </pre>
        </>
      )}
    </div>
  );
}
