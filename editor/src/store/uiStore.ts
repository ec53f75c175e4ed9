/** What the editor page shows beside the graph: panels, dialogs, the node search. Never part of the document. */
import { create } from "zustand";
import type { GraphEdge, GraphPosition } from "../graph/types";

export type BottomTab = "run" | "issues" | "code" | "executions" | "deliveries";
export type EditorDialog = "publish" | "run" | "unpublish" | "conflict" | "shortcuts";

/** Where a node that is picked will go. */
export interface PickerRequest {
  /** Where to draw the search, in viewport pixels; null: the middle. */
  at: { x: number; y: number } | null;
  /** Where to put the node; null: a free place after `from`, or the middle of what is seen. */
  position: GraphPosition | null;
  from: { node: string; port: string } | null;
  /** Put the node into this edge. */
  into: GraphEdge | null;
}

interface UiState {
  paletteOpen: boolean;
  bottomOpen: boolean;
  bottomTab: BottomTab;
  bottomHeight: number;
  settingsOpen: boolean;
  /** On narrow screens the form covers the canvas, so it opens on demand only. */
  formOpen: boolean;
  /** A node that was chosen in the run's list of steps: its data is wanted, not its form. */
  quietNode: string | null;
  picker: PickerRequest | null;
  dialog: EditorDialog | null;
  set: (patch: Partial<Omit<UiState, "set">>) => void;
  showTab: (tab: BottomTab) => void;
}

const KEY = "flowforge.editor";

interface Kept {
  paletteOpen: boolean;
  bottomHeight: number;
}

function readKept(): Kept {
  const kept: Kept = { paletteOpen: true, bottomHeight: 300 };
  try {
    const stored = JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Kept>;
    if (typeof stored.paletteOpen === "boolean") kept.paletteOpen = stored.paletteOpen;
    if (typeof stored.bottomHeight === "number") kept.bottomHeight = stored.bottomHeight;
  } catch {
    // Storage may be switched off; the defaults do.
  }
  return kept;
}

export const useUi = create<UiState>((set) => ({
  ...readKept(),
  bottomOpen: false,
  bottomTab: "run",
  settingsOpen: false,
  formOpen: false,
  quietNode: null,
  picker: null,
  dialog: null,
  set: (patch) => {
    set(patch);
  },
  showTab: (bottomTab) => {
    set({ bottomTab, bottomOpen: true });
  },
}));

useUi.subscribe((state, before) => {
  if (state.paletteOpen === before.paletteOpen && state.bottomHeight === before.bottomHeight) return;
  const kept: Kept = { paletteOpen: state.paletteOpen, bottomHeight: state.bottomHeight };
  try {
    localStorage.setItem(KEY, JSON.stringify(kept));
  } catch {
    // As above.
  }
});
