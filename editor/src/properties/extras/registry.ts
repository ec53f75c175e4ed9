/** Help beyond the form for a few node types; every node type works without. */
import type { ComponentType } from "react";
import type { GraphNode } from "../../graph/types";
import { CurlImport } from "./CurlImport";
import { WebhookAddress } from "./WebhookAddress";

export interface ExtrasProps {
  node: GraphNode;
  workflowId: string;
  readOnly: boolean;
}

const EXTRAS: Record<string, ComponentType<ExtrasProps>> = {
  webhook: WebhookAddress,
  "http.request": CurlImport,
};

export function extrasOf(nodeType: string): ComponentType<ExtrasProps> | undefined {
  return EXTRAS[nodeType];
}
