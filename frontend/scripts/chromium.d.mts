export const executable: string | undefined;
export const FLAGS: string[];
