import { BarChart, LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { init, use, type EChartsCoreOption, type EChartsType } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

use([BarChart, LineChart, AriaComponent, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer]);

export interface Series {
  name: string;
  points: (number | null)[];
  kind?: "line" | "bar";
}
export interface ChartInput {
  label: string;
  x: string[];
  series: Series[];
  unit?: string;
  /** Start the value axis at the data, for values such as a height that never come near zero. */
  floating?: boolean;
}

const COLOURS = ["#1f5fb0", "#2b7a0b", "#a35c00", "#7a3fa0"];

export function open(element: HTMLElement): EChartsType {
  return init(element, undefined, { renderer: "canvas" });
}

export function option(input: ChartInput): EChartsCoreOption {
  return {
    color: COLOURS,
    animation: false,
    aria: { enabled: true, label: { description: input.label } },
    grid: { left: 8, right: 16, top: input.series.length > 1 ? 32 : 14, bottom: 4, containLabel: true },
    legend: input.series.length > 1 ? { top: 0, right: 8, itemHeight: 9 } : undefined,
    tooltip: { trigger: "axis", renderMode: "richText" },
    xAxis: { type: "category", data: input.x, axisLabel: { color: "#5c6066", hideOverlap: true } },
    yAxis: {
      type: "value", name: input.unit, scale: !!input.floating, minInterval: input.floating ? 1 : undefined,
      axisLabel: { color: "#5c6066" }, splitLine: { lineStyle: { color: "#e8ebf0" } },
    },
    series: input.series.map((one) => ({
      name: one.name, type: one.kind ?? "line", data: one.points, showSymbol: false, barMaxWidth: 18,
      lineStyle: { width: 2 },
    })),
  };
}
