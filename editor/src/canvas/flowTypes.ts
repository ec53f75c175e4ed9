import { StepEdge } from "./StepEdge";
import { StepNode } from "./StepNode";

// Constants outside of components: React Flow redraws everything when these maps change.
export const nodeTypes = { step: StepNode };
export const edgeTypes = { step: StepEdge };
