export interface Column<T> {
  key: string;
  label: string;
  width?: number;
  minWidth?: number;
  align?: "left" | "right" | "center";
  fixed?: "left" | "right";
  /** Show the whole text on several lines instead of one line with a tooltip. */
  wrap?: boolean;
  className?: string;
  text?: (row: T) => string;
}
