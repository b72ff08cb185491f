// A line of the last closes, or of rates: a canvas, drawn only when its values change.
import { useLayoutEffect, useRef } from "preact/hooks";
import { palette, withAlpha } from "./palette.ts";

interface Properties {
  values: number[];
  width: number;
  height: number;
  colour: "up" | "down" | "accent" | "muted";
  fromZero?: boolean;
}

export function Sparkline({ values, width, height, colour, fromZero }: Properties) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const colours = palette.value;
  useLayoutEffect(() => {
    if (canvas.current) paint(canvas.current, values, width, height, colours[colour], fromZero === true);
  }, [values, width, height, colour, colours]);
  return <canvas ref={canvas} class="sparkline" aria-hidden="true" />;
}

function paint(canvas: HTMLCanvasElement, values: number[], width: number, height: number, colour: string, fromZero: boolean): void {
  const ratio = devicePixelRatio || 1;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  if (!context || values.length < 2) return;
  context.scale(ratio, ratio);
  const low = fromZero ? 0 : Math.min(...values);
  const high = Math.max(...values);
  const span = high - low || 1;
  context.beginPath();
  values.forEach((value, i) => {
    const x = 1 + (i * (width - 2)) / (values.length - 1);
    const y = high === low && !fromZero ? height / 2 : height - 2 - ((value - low) / span) * (height - 4);
    if (i === 0) context.moveTo(x, y);
    else context.lineTo(x, y);
  });
  context.strokeStyle = colour;
  context.lineWidth = 1.25;
  context.lineJoin = "round";
  context.stroke();
  if (!fromZero) return;
  context.lineTo(width - 1, height);
  context.lineTo(1, height);
  context.fillStyle = withAlpha(colour, 0.15);
  context.fill();
}
