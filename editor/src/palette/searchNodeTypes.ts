/** Find node types by what people type: every word must begin a word of title, keywords, summary or type. */
import type { NodeType } from "../api/types";
import { GROUPS, isGroupKey, paletteMessages } from "./messages";

interface Hit {
  type: NodeType;
  score: number;
}

export function searchNodeTypes(types: readonly NodeType[], query: string): NodeType[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [...types];
  const hits: Hit[] = [];
  for (const type of types) {
    const score = scoreOf(type, words);
    if (score !== null) hits.push({ type, score });
  }
  return hits.sort((one, other) => other.score - one.score).map((hit) => hit.type);
}

function scoreOf(type: NodeType, words: readonly string[]): number | null {
  const fields: [string, number][] = [
    [`${type.title} ${type.title_ru}`, 8],
    [type.type, 6],
    [type.keywords.join(" "), 4],
    [`${type.summary} ${type.summary_ru} ${groupNames(type.group)}`, 1],
  ];
  // Of several types that all words fit, the one that is called so and no more comes first.
  const whole = words.join(" ");
  let total = [type.title, type.title_ru].some((title) => title.toLowerCase() === whole) ? 1 : 0;
  for (const word of words) {
    const best = Math.max(...fields.map(([text, weight]) => matchWord(text.toLowerCase(), word) * weight));
    if (best === 0) return null;
    total += best;
  }
  return total;
}

/** 2: begins a word, 1: inside of one, 0: not there. */
function matchWord(text: string, word: string): number {
  const at = text.indexOf(word);
  if (at < 0) return 0;
  if (text.split(/[^\p{L}\p{N}]+/u).some((part) => part.startsWith(word))) return 2;
  // Two letters somewhere inside a word are a coincidence.
  return word.length > 2 ? 1 : 0;
}

/** A group's name in every language: people search in theirs. */
function groupNames(group: string): string {
  return isGroupKey(group) ? `${paletteMessages.en[group]} ${paletteMessages.ru[group]}` : group;
}

/**
 * Groups as people work: what starts a workflow, the built-in groups, then those of other packages.
 *
 * :param hasTrigger: the workflow has what starts it already, so that such types are wanted least: they come last
 */
export function groupNodeTypes(types: readonly NodeType[], hasTrigger = false): { group: string; types: NodeType[] }[] {
  const groups = new Map<string, NodeType[]>();
  for (const type of types) groups.set(type.group, [...(groups.get(type.group) ?? []), type]);
  const place = (group: string, members: readonly NodeType[]) => {
    if (members.every((type) => type.kind === "trigger")) return hasTrigger ? GROUPS.length + 1 : -1;
    const known = GROUPS.findIndex((one) => one === group);
    return known < 0 ? GROUPS.length : known;
  };
  return [...groups].map(([group, members]) => ({ group, types: members, at: place(group, members) })).sort((one, other) => one.at - other.at);
}
