/** Completion and inserting of paths for CodeMirror editors whose text holds `{{ expressions }}`. */
import { autocompletion, startCompletion, type Completion as CmCompletion, type CompletionContext, type CompletionResult } from "@codemirror/autocomplete";
import type { Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { templateHighlight } from "../components/code/templateHighlight";
import { PATH_TYPE } from "../components/json/pathType";
import { cellText } from "../components/json/jsonTable";
import { complete, expressionAt, type Language, type Suggestion } from "./complete";
import type { Scope } from "./scope";


export interface ExpressionSource {
  scope: () => Scope;
  language: () => Language;
}

/** Everything an expression field needs; reads scope and language when asked, so it never has to be rebuilt. */
export function expressionExtensions(source: ExpressionSource): Extension {
  return [
    templateHighlight,
    autocompletion({
      override: [(context) => suggest(context, source)],
      icons: false,
      optionClass: (completion) => `ff-completion-${completion.type ?? "name"}`,
      addToOptions: [{ render: renderType, position: 90 }],
    }),
    EditorView.domEventHandlers({ drop: dropPath, dragover: allowPath }),
    openNames,
  ];
}

function suggest(context: CompletionContext, source: ExpressionSource): CompletionResult | null {
  const found = complete(context.state.doc.toString(), context.pos, source.scope(), source.language());
  if (!found || found.suggestions.length === 0) return null;
  const typed = found.to > found.from;
  const before = context.state.sliceDoc(Math.max(0, found.from - 1), found.from);
  // After a plain space nothing pops up by itself; after {{ . | [ it does.
  const opened = /[.|["']$/.test(before) || /\{\{\s*$/.test(context.state.sliceDoc(0, found.from));
  if (!context.explicit && !typed && !opened) return null;
  return {
    from: found.from,
    options: found.suggestions.map((suggestion, index) => toOption(suggestion, found.suggestions.length - index)),
    validFor: /^[\p{L}\p{N}_ -]*$/u,
  };
}

function toOption(suggestion: Suggestion, rank: number): CmCompletion {
  const preview = suggestion.member?.value === undefined ? "" : shorten(cellText(suggestion.member.value));
  return {
    label: suggestion.label,
    type: suggestion.kind,
    detail: preview || (suggestion.signature !== suggestion.label ? (suggestion.signature ?? "") : ""),
    // Keep the order of the data: members as the document has them, keywords last.
    boost: suggestion.kind === "keyword" ? -50 : Math.min(50, rank / 10),
    ...(suggestion.summary || suggestion.example ? { info: () => renderInfo(suggestion) } : {}),
    apply: (view, _completion, from, to) => {
      const start = suggestion.from < from ? suggestion.from : from;
      view.dispatch({ changes: { from: start, to, insert: suggestion.insert }, selection: { anchor: start + suggestion.insert.length }, userEvent: "input.complete" });
    },
    ...(suggestion.type ? { ffType: suggestion.type } : {}),
  } as CmCompletion;
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}

function renderType(completion: CmCompletion): Node | null {
  const type = (completion as CmCompletion & { ffType?: string }).ffType;
  if (!type || type === "any") return null;
  const badge = document.createElement("span");
  badge.className = "ff-completion-badge";
  badge.textContent = type;
  return badge;
}

function renderInfo(suggestion: Suggestion): HTMLElement {
  const box = document.createElement("div");
  if (suggestion.summary) box.append(suggestion.summary);
  if (suggestion.example) {
    const example = document.createElement("code");
    example.textContent = suggestion.example;
    box.append(example);
  }
  return box;
}

/** A freshly opened expression asks for the names at once. */
const openNames = EditorView.updateListener.of((update) => {
  const typed = update.transactions.some((transaction) => transaction.isUserEvent("input.type"));
  if (!typed || !update.docChanged) return;
  const position = update.state.selection.main.head;
  if (/\{\{ ?$/.test(update.state.sliceDoc(Math.max(0, position - 3), position))) startCompletion(update.view);
});

function allowPath(event: DragEvent): boolean {
  if (!event.dataTransfer?.types.includes(PATH_TYPE)) return false;
  event.preventDefault();
  event.dataTransfer.dropEffect = "copy";
  return true;
}

function dropPath(event: DragEvent, view: EditorView): boolean {
  const path = event.dataTransfer?.getData(PATH_TYPE);
  if (!path) return false;
  event.preventDefault();
  const position = view.posAtCoords({ x: event.clientX, y: event.clientY }) ?? view.state.doc.length;
  insertPath(view, path, position);
  return true;
}

/** Put a path at a position or over the selection: bare inside of an expression, in braces outside. */
export function insertPath(view: EditorView, path: string, position?: number): void {
  const { from, to } = position === undefined ? view.state.selection.main : { from: position, to: position };
  const insert = expressionAt(view.state.doc.toString(), from) ? path : `{{ ${path} }}`;
  view.dispatch({ changes: { from, to, insert }, selection: { anchor: from + insert.length }, userEvent: "input.drop" });
  view.focus();
}

/** Open an expression at the end of the text, ready to type. */
export function startExpression(view: EditorView): void {
  const end = view.state.doc.length;
  const space = end > 0 && !/\s$/.test(view.state.doc.toString()) ? " " : "";
  view.dispatch({ changes: { from: end, insert: `${space}{{  }}` }, selection: { anchor: end + space.length + 3 }, userEvent: "input.type" });
  view.focus();
  startCompletion(view);
}
