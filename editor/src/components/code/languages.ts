/** The languages a code field can have, as CodeMirror extensions. */
import { json } from "@codemirror/lang-json";
import { python } from "@codemirror/lang-python";
import { PostgreSQL, sql } from "@codemirror/lang-sql";
import type { Extension } from "@codemirror/state";
import { jqLanguage } from "./jqLanguage";

export type CodeLanguage = "json" | "sql" | "jq" | "python" | "text";

export function languageExtension(language: CodeLanguage): Extension {
  switch (language) {
    case "json":
      return json();
    case "sql":
      return sql({ dialect: PostgreSQL, upperCaseKeywords: true });
    case "jq":
      return jqLanguage;
    case "python":
      return python();
    case "text":
      return [];
  }
}

