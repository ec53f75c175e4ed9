import styles from "./Spinner.module.css";

export interface SpinnerProps {
  size?: number;
  /** Read out while it turns; without one it is decoration. */
  label?: string;
}

export function Spinner({ size = 16, label }: SpinnerProps) {
  return (
    <span className={styles.spinner} style={{ width: size, height: size }} role={label ? "status" : undefined} aria-hidden={label ? undefined : true}>
      {label && <span className="ff-visually-hidden">{label}</span>}
    </span>
  );
}
