/** Short messages about what just happened; any part of the editor may send one. */
import { create } from "zustand";

export interface ToastMessage {
  id: number;
  tone: "success" | "error" | "info";
  title: string;
  detail?: string | undefined;
  action?: { label: string; onSelect: () => void } | undefined;
}

interface ToastState {
  toasts: ToastMessage[];
  dismiss: (id: number) => void;
}

// Errors stay until they are dismissed or replaced: nobody should miss one by looking away.
const LIFE_MS = 6000;
const LIMIT = 4;
let next = 1;

export const useToasts = create<ToastState>((set) => ({
  toasts: [],
  dismiss: (id) => {
    set((state) => ({ toasts: state.toasts.filter((other) => other.id !== id) }));
  },
}));

export function toast(message: Omit<ToastMessage, "id">): number {
  const id = next++;
  useToasts.setState((state) => ({ toasts: [...state.toasts, { ...message, id }].slice(-LIMIT) }));
  if (message.tone !== "error") setTimeout(() => useToasts.getState().dismiss(id), LIFE_MS);
  return id;
}
