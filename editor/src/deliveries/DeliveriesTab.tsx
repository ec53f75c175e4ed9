import { useState } from "react";
import styles from "./deliveries.module.css";
import { NO_FILTER } from "./deliveryFilter";
import { DeliveriesView } from "./DeliveriesView";

/** The deliveries of one workflow, below its canvas. */
export function DeliveriesTab({ workflowId }: { workflowId: string }) {
  const [filter, setFilter] = useState(NO_FILTER);
  return (
    <div className={styles.tab}>
      <DeliveriesView workflowId={workflowId} filter={filter} onFilter={setFilter} />
    </div>
  );
}
