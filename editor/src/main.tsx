/** What Airflow's web UI loads: it looks up globalThis["FlowForge"] and mounts that component. */
import { makeHostShell } from "./island/hostShell";

const shell = makeHostShell();
(globalThis as Record<string, unknown>)["FlowForge"] = shell;

export default shell;
