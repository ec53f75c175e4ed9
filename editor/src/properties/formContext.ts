import { createContext, useContext } from "react";
import type { ExpressionSource } from "../expressions/expressionExtensions";
import type { Scope } from "../expressions/scope";
import type { Json, JsonObject } from "../schema/jsonSchema";
import type { Path } from "../schema/paths";
import type { FormIssue } from "./issueIndex";

/** What widgets need beside their own value. */
export interface FormContextValue {
  /** Tells the texts of one form from those of another: the node's id. */
  formId: string;
  workflowId: string;
  workflowTimezone: string;
  issues: readonly FormIssue[];
  scope: Scope;
  /** Stable; editors read scope and language through it when they complete. */
  source: ExpressionSource;
  readOnly: boolean;
  /** What the fields of an object see where that differs from the others; null where it does not. */
  scopeAt?: (path: Path) => { scope: Scope; source: ExpressionSource } | null;
  setAt: (path: Path, value: Json | undefined) => void;
}

const FormContext = createContext<FormContextValue | null>(null);

export const FormProvider = FormContext.Provider;

export function useForm(): FormContextValue {
  const value = useContext(FormContext);
  if (!value) throw new Error("A form widget stands outside of a form.");
  return value;
}

/** Values of the objects around a field, defaults included, the nearest first. */
export const AroundContext = createContext<readonly JsonObject[]>([]);
