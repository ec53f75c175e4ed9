import { icons as all, type LucideIcon } from "lucide-react";

/** Every icon by its PascalCase name. Import it lazily: it is large. */
export const icons: Record<string, LucideIcon | undefined> = all;
