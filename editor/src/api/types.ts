/** The API's shapes, by short names; all come from the generated OpenAPI types. */
import type { components } from "../../openapi-gen/schema";

type Schemas = components["schemas"];

export type WorkflowSummary = Schemas["WorkflowSummary"];
export type WorkflowDetail = Schemas["WorkflowResponse"];
export type NodeType = Schemas["NodeTypeResponse"];
export type Template = Schemas["TemplateResponse"];
export type Port = Schemas["PortResponse"];
export type Session = Schemas["SessionResponse"];
export type Revision = Schemas["RevisionSummary"];
export type Issue = Schemas["Issue"];
export type Problem = Schemas["Problem"];
export type LastRun = Schemas["LastRun"];
export type Execution = Schemas["ExecutionResponse"];
export type ExecutionSummary = Schemas["ExecutionSummary"];
export type ExecutionState = Execution["state"];
export type Step = Schemas["Step"];
export type StepState = Step["state"];
