/** Render the form of a JSON Schema with values that can be edited and looked at. */
import { useState } from "react";
import { NO_LANGUAGE } from "../expressions/complete";
import { EMPTY_SCOPE } from "../expressions/scope";
import { Fields } from "../properties/Fields";
import { FormProvider } from "../properties/formContext";
import type { FormIssue } from "../properties/issueIndex";
import { parseSchema } from "../properties/parseSchema";
import type { JsonObject, JsonSchema } from "../schema/jsonSchema";
import { setIn } from "../schema/paths";
import { renderEditor } from "./renderEditor";

const SOURCE = { scope: () => EMPTY_SCOPE, language: () => NO_LANGUAGE };

export interface FormOptions {
  issues?: FormIssue[];
  locale?: string;
  required?: string[];
  readOnly?: boolean;
}

/** `current()` is what the form holds now. */
export function renderForm(properties: Record<string, JsonSchema>, start: JsonObject = {}, options: FormOptions = {}) {
  let values: JsonObject = start;
  const fields = parseSchema({ type: "object", properties, required: options.required ?? [] });

  function Form() {
    const [state, setState] = useState(start);
    values = state;
    return (
      <FormProvider
        value={{
          formId: "orders/call",
          workflowId: "orders",
          workflowTimezone: "Europe/Lisbon",
          issues: options.issues ?? [],
          scope: EMPTY_SCOPE,
          source: SOURCE,
          readOnly: options.readOnly ?? false,
          setAt: (path, value) => setState((before) => setIn(before, path.slice(1), value) as JsonObject),
        }}
      >
        <Fields fields={fields} values={state} path={["parameters"]} />
      </FormProvider>
    );
  }

  return { ...renderEditor(<Form />, { locale: options.locale ?? "en" }), current: () => values };
}
