export function planeTool(){}
