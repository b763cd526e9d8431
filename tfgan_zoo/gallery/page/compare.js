export function compareView(){}
