import {
  Blocks,
  Braces,
  CalendarClock,
  ClipboardList,
  Clock,
  Cloud,
  Code,
  Database,
  FileText,
  Filter,
  GitBranch,
  Globe,
  Hourglass,
  Mail,
  MailOpen,
  Merge,
  MessageSquare,
  MousePointerClick,
  OctagonX,
  PackageCheck,
  PackagePlus,
  Repeat,
  Reply,
  Send,
  Split,
  StickyNote,
  Table,
  Timer,
  UserCheck,
  Waypoints,
  Webhook,
  Workflow,
  type LucideIcon,
} from "lucide-react";
import { lazy, Suspense, type ComponentType } from "react";

/** Icons of the built-in node types (a test compares); all others come in one chunk when a node type asks for one. */
const AT_HAND: Record<string, LucideIcon> = {
  blocks: Blocks,
  braces: Braces,
  "calendar-clock": CalendarClock,
  "clipboard-list": ClipboardList,
  clock: Clock,
  cloud: Cloud,
  code: Code,
  database: Database,
  "file-text": FileText,
  filter: Filter,
  "git-branch": GitBranch,
  globe: Globe,
  hourglass: Hourglass,
  mail: Mail,
  "mail-open": MailOpen,
  merge: Merge,
  "message-square": MessageSquare,
  "mouse-pointer-click": MousePointerClick,
  "octagon-x": OctagonX,
  "package-check": PackageCheck,
  "package-plus": PackagePlus,
  repeat: Repeat,
  reply: Reply,
  send: Send,
  split: Split,
  "sticky-note": StickyNote,
  table: Table,
  timer: Timer,
  "user-check": UserCheck,
  waypoints: Waypoints,
  webhook: Webhook,
  workflow: Workflow,
};

const fetched = new Map<string, ComponentType<{ size: number }>>();

function lazyIcon(name: string): ComponentType<{ size: number }> {
  const known = fetched.get(name);
  if (known) return known;
  const icon = lazy(async () => {
    const { icons } = await import("./allIcons");
    return { default: icons[pascalCase(name)] ?? Blocks };
  });
  fetched.set(name, icon);
  return icon;
}

function pascalCase(name: string): string {
  return name.replace(/(^|-)([a-z0-9])/g, (_all, _dash, letter: string) => letter.toUpperCase());
}

/** The icon of a node type by its lucide name; an unknown name gets a neutral one. */
export function NodeIcon({ name, size = 20 }: { name: string; size?: number }) {
  const Icon = AT_HAND[name] ?? lazyIcon(name);
  return (
    <Suspense fallback={<Blocks size={size} aria-hidden />}>
      <Icon size={size} aria-hidden />
    </Suspense>
  );
}
