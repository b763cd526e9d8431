export function writeTool(){}
export function wordsTool(){}
