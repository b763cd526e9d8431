export function drawTool(){}
