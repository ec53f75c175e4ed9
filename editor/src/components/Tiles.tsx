import styles from "./Tiles.module.css";

export interface Tile {
  id: string;
  label: string;
  value: string;
  note?: string;
  tone?: "danger";
}

export interface TilesProps {
  tiles: readonly Tile[];
  label: string;
  /** Begins each tile's test id. */
  name: string;
  /** CSS length that a tile has at least. */
  width: string;
}

/** Numbers, each in a box with its name. */
export function Tiles({ tiles, label, name, width }: TilesProps) {
  return (
    <dl className={styles.tiles} style={{ ["--ff-tile-width" as string]: width }} aria-label={label}>
      {tiles.map((tile) => (
        <div key={tile.id} className={styles.tile} data-testid={`${name}-${tile.id}`}>
          <dt>{tile.label}</dt>
          <dd className={styles.value} data-tone={tile.tone}>
            {tile.value}
          </dd>
          {tile.note && <dd className={styles.note}>{tile.note}</dd>}
        </div>
      ))}
    </dl>
  );
}
