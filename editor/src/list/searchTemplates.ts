/** Find workflows to begin with by what people type: every word must be in a name, a description or a kind of step. */
import type { NodeType, Template } from "../api/types";

export function searchTemplates(templates: readonly Template[], query: string, nodeTypes: ReadonlyMap<string, NodeType>): Template[] {
  const words = wordsOf(query);
  return templates.filter((template) => {
    const steps = template.node_types.flatMap((name) => {
      const type = nodeTypes.get(name);
      return type ? [type.title, type.title_ru, ...type.keywords] : [];
    });
    const connections = template.connections.map((one) => one.connection_id);
    return holdsAll([template.name, template.name_ru, template.description, template.description_ru, ...template.node_types, ...template.tags, ...steps, ...connections].join(" "), words);
  });
}

export function wordsOf(query: string): string[] {
  return query.toLowerCase().split(/\s+/).filter(Boolean);
}

export function holdsAll(text: string, words: readonly string[]): boolean {
  const lowered = text.toLowerCase();
  return words.every((word) => lowered.includes(word));
}
