/** How much room everything takes, and how long it is kept. */
import { useQuery } from "@tanstack/react-query";
import type { components } from "../../openapi-gen/schema";
import { api, unwrap } from "./client";

type Schemas = components["schemas"];

export type Storage = Schemas["StorageResponse"];
export type StorageKind = Schemas["StorageKind"];
export type WorkflowStorage = Schemas["WorkflowStorage"];

export function useStorage(enabled: boolean) {
  return useQuery({
    queryKey: ["storage"],
    enabled,
    staleTime: 30_000,
    queryFn: async ({ signal }) => unwrap(await api.GET("/api/storage", { signal })),
  });
}
