/** Marks `{{ expressions }}` in a CodeMirror document, whatever its language is. */
import { RangeSetBuilder, type Extension } from "@codemirror/state";
import { Decoration, EditorView, ViewPlugin, type DecorationSet, type ViewUpdate } from "@codemirror/view";
import { tokenize, type ExpressionSegment, type TokenKind } from "../../expressions/tokenize";

const MARKS: Record<TokenKind | "whole" | "brace" | "open", Decoration> = {
  whole: Decoration.mark({ class: "ff-tpl" }),
  open: Decoration.mark({ class: "ff-tpl ff-tpl-open" }),
  brace: Decoration.mark({ class: "ff-tpl-brace" }),
  name: Decoration.mark({ class: "ff-tpl-name" }),
  keyword: Decoration.mark({ class: "ff-tpl-keyword" }),
  string: Decoration.mark({ class: "ff-tpl-string" }),
  number: Decoration.mark({ class: "ff-tpl-number" }),
  operator: Decoration.mark({ class: "ff-tpl-operator" }),
  unknown: Decoration.mark({ class: "ff-tpl-unknown" }),
};

function decorate(view: EditorView): DecorationSet {
  const builder = new RangeSetBuilder<Decoration>();
  for (const segment of tokenize(view.state.doc.toString())) {
    if (segment.kind === "expression") addSegment(builder, segment);
  }
  return builder.finish();
}

function addSegment(builder: RangeSetBuilder<Decoration>, segment: ExpressionSegment): void {
  // Ranges are added in the order of their start, outer before inner.
  builder.add(segment.from, segment.to, segment.closed ? MARKS.whole : MARKS.open);
  builder.add(segment.from, segment.innerFrom, MARKS.brace);
  for (const token of segment.tokens) builder.add(token.from, token.to, MARKS[token.kind]);
  if (segment.closed) builder.add(segment.innerTo, segment.to, MARKS.brace);
}

const plugin = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;

    constructor(view: EditorView) {
      this.decorations = decorate(view);
    }

    update(update: ViewUpdate): void {
      if (update.docChanged) this.decorations = decorate(update.view);
    }
  },
  { decorations: (value) => value.decorations },
);

/** `{` after `{` makes `{{  }}` with the cursor inside; backspace in an empty pair removes it. */
const pairBraces = EditorView.inputHandler.of((view, from, to, text) => {
  if (text !== "{" || from !== to || view.composing) return false;
  const before = view.state.sliceDoc(Math.max(0, from - 2), from);
  if (!before.endsWith("{") || before === "{{") return false;
  const after = view.state.sliceDoc(from, from + 1);
  // The editor may already have closed the first brace itself.
  const insert = "{  }}";
  view.dispatch({
    changes: { from, to: after === "}" ? from + 1 : from, insert },
    selection: { anchor: from + 2 },
    userEvent: "input.type",
  });
  return true;
});

export const templateHighlight: Extension = [plugin, pairBraces];
