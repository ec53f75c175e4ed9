import styles from "./ListSkeleton.module.css";

/** Grey rows in the place of those to come, so that nothing jumps. */
export function ListSkeleton() {
  return (
    <div className={styles.rows} aria-hidden>
      {[0, 1, 2, 3].map((row) => (
        <div key={row} className={styles.row}>
          <span className={styles.tile} />
          <span className={styles.line} style={{ width: `${34 - row * 4}%` }} />
          <span className={styles.line} style={{ width: "10%" }} />
          <span className={styles.line} style={{ width: "14%" }} />
        </div>
      ))}
    </div>
  );
}
