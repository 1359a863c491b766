/** @param faiss faiss-node, or what stands in for it @param folder where cases may write */
export function outcomes(
  faiss: object,
  folder: string,
): Record<string, { value: unknown } | { error: string; message: string }>;
export const cases: Record<string, (faiss: object, folder: string) => unknown>;
