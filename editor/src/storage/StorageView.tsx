import { CircleX, Lock } from "lucide-react";
import { describeError } from "../api/client";
import { useStorage, type StorageKind, type WorkflowStorage } from "../api/storage";
import { Button } from "../components/Button";
import { EmptyState } from "../components/EmptyState";
import list from "../components/list.module.css";
import { Spinner } from "../components/Spinner";
import { TableHead } from "../components/TableHead";
import { useLocale, useMessages } from "../i18n/useMessages";
import { Link } from "../island/Link";
import { workflowPath } from "../island/route";
import { usePermissions } from "../session/usePermissions";
import { formatBytes } from "./formatBytes";
import { storageMessages } from "./messages";
import styles from "./storage.module.css";

/** How much room everything takes, how long it is kept, and which workflows take the most. */
export function StorageView() {
  const t = useMessages(storageMessages);
  const locale = useLocale();
  const refusal = usePermissions()("operate");
  const storage = useStorage(refusal === null);
  if (storage.data) {
    const { kinds, workflows, database_bytes: whole, estimated } = storage.data;
    return (
      <div className={list.view}>
        <p className={styles.lead}>
          {whole !== null && (
            <span data-testid="storage-whole">
              {t("whole")}: <strong>{formatBytes(whole, locale)}</strong>
            </span>
          )}
          <span className={list.muted}>{estimated ? t("estimated") : t("counted")}</span>
        </p>
        <table className={list.table} data-testid="storage-kinds">
          <TableHead titles={[t("kind"), t("rows"), t("size"), t("keep")]} />
          <tbody>
            {kinds.map((one) => (
              <KindRow key={one.kind} kind={one} />
            ))}
          </tbody>
        </table>
        <p className={list.muted}>{t("how")}</p>
        <h2 className={styles.heading}>{t("largest")}</h2>
        {workflows.length === 0 ? (
          <p className={list.muted}>{t("none")}</p>
        ) : (
          <table className={list.table} data-testid="storage-workflows">
            <TableHead titles={[t("workflow"), t("number"), t("values_of"), t("bodies"), t("keep")]} />
            <tbody>
              {workflows.map((one) => (
                <WorkflowRow key={one.workflow_id} workflow={one} />
              ))}
            </tbody>
          </table>
        )}
      </div>
    );
  }
  if (refusal !== null && !storage.isFetching) return <EmptyState icon={<Lock />} title={t("notAllowed")} text={refusal} />;
  if (storage.isError) {
    return <EmptyState alert icon={<CircleX />} title={t("failedTitle")} text={describeError(storage.error)} actions={<Button onClick={() => void storage.refetch()}>{t("retry")}</Button>} />;
  }
  return (
    <div className={list.empty}>
      <Spinner label={t("loading")} />
    </div>
  );
}

function KindRow({ kind }: { kind: StorageKind }) {
  const t = useMessages(storageMessages);
  const locale = useLocale();
  return (
    <tr className={list.row} data-testid={`storage-${kind.kind}`}>
      <td className={list.name}>
        {t(kind.kind as "deliveries")} {kind.shared && <span className={list.muted}>{t("shared")}</span>}
      </td>
      <td data-label={t("rows")}>{new Intl.NumberFormat(locale).format(kind.rows)}</td>
      <td data-label={t("size")}>{kind.size === null ? "–" : formatBytes(kind.size, locale)}</td>
      <td data-label={t("keep")}>
        <Kept days={kind.keep_days} otherwise={t("keepAlways")} />
      </td>
    </tr>
  );
}

function WorkflowRow({ workflow }: { workflow: WorkflowStorage }) {
  const t = useMessages(storageMessages);
  const locale = useLocale();
  return (
    <tr className={list.row} data-testid={`storage-of-${workflow.workflow_id}`}>
      <td className={list.name}>
        <Link to={workflowPath(workflow.workflow_id)} className={list.link}>
          {workflow.name}
        </Link>
      </td>
      <td data-label={t("number")}>{new Intl.NumberFormat(locale).format(workflow.executions)}</td>
      <td data-label={t("values_of")}>{formatBytes(workflow.values_bytes, locale)}</td>
      <td data-label={t("bodies")}>{formatBytes(workflow.delivery_bytes, locale)}</td>
      <td data-label={t("keep")}>
        <Kept days={workflow.keep_days} otherwise={t("usual")} />
      </td>
    </tr>
  );
}

function Kept({ days, otherwise }: { days: number | null; otherwise: string }) {
  const t = useMessages(storageMessages);
  return <>{days === null ? otherwise : days === 0 ? t("keepForEver") : t("keepDays", { count: days })}</>;
}
