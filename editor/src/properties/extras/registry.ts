/** Help beyond the form for a few node types; every node type works without. */
import { lazy, type ComponentType } from "react";
import type { GraphNode } from "../../graph/types";

export interface ExtrasProps {
  node: GraphNode;
  workflowId: string;
  readOnly: boolean;
}

const EXTRAS: Record<string, ComponentType<ExtrasProps>> = {
  webhook: lazy(async () => ({ default: (await import("./WebhookAddress")).WebhookAddress })),
  form: lazy(async () => ({ default: (await import("./FormAddress")).FormAddress })),
  "email.receive": lazy(async () => ({ default: (await import("./EmailSource")).EmailSource })),
  "http.request": lazy(async () => ({ default: (await import("./CurlImport")).CurlImport })),
};

export function extrasOf(nodeType: string): ComponentType<ExtrasProps> | undefined {
  return EXTRAS[nodeType];
}
