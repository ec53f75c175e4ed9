/** MIME type of a path dragged out of a data tree into an expression field. */
export const PATH_TYPE = "application/x-flowforge-path";
