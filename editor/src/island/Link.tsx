import type { AnchorHTMLAttributes } from "react";
import { navigate, routeStore } from "./route";

export interface LinkProps extends Omit<AnchorHTMLAttributes<HTMLAnchorElement>, "href"> {
  to: string;
}

/** A link to a page of the editor through the host's router; a new tab works as with any link. */
export function Link({ to, onClick, ...rest }: LinkProps) {
  const pageRoute = routeStore((state) => state.pageRoute);
  const href = new URL(pageRoute.replace(/^\//, "") + (to === "/" ? "" : to), document.baseURI).href;
  return (
    <a
      {...rest}
      href={href}
      onClick={(event) => {
        onClick?.(event);
        if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        navigate(to);
      }}
    />
  );
}
