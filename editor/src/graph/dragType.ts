/** What a dragged palette item is known by. */
export const NODE_TYPE_MIME = "application/x-flowforge-node-type";
