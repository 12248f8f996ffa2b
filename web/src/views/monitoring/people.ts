/** "13800000001 zhangsan" -> a number that is called while that person is on duty; without a name, always. */
export function peopleOf(lines: string[]): { number: string; username?: string }[] {
  return lines.map((line) => {
    const [number, username] = line.split(/[\s,，]+/);
    return username ? { number: number!, username } : { number: number! };
  });
}
