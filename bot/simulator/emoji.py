"""Unicode emoji; Discord rejects buttons, select options and reactions with any other character."""

SINGLE = """
    00A9 00AE 203C 2049 2122 2139 2328 23CF 24C2 25B6 25C0 260E 2611 2618 261D 2620 2626 262A 2640 2642 2663
    2668 267B 2699 26A7 26C8 26D1 26FD 2702 2705 270F 2712 2714 2716 271D 2721 2728 2744 2747 274C 274E 2757
    27A1 27B0 27BF 2B50 2B55 3030 303D 3297 3299
"""
RANGES = """
    2194-2199 21A9-21AA 231A-231B 23E9-23F3 23F8-23FA 25AA-25AB 25FB-25FE 2600-2604 2614-2615 2622-2623
    262E-262F 2638-263A 2648-2653 265F-2660 2665-2666 267E-267F 2692-2697 269B-269C 26A0-26A1 26AA-26AB
    26B0-26B1 26BD-26BE 26C4-26C5 26CE-26CF 26D3-26D4 26E9-26EA 26F0-26F5 26F7-26FA 2708-270D 2733-2734
    2753-2755 2763-2764 2795-2797 2934-2935 2B05-2B07 2B1B-2B1C 1F000-1FAFF
"""
EMOJI = frozenset(int(one, 16) for one in SINGLE.split()) | frozenset(
    point
    for low, _, high in (entry.partition("-") for entry in RANGES.split())
    for point in range(int(low, 16), int(high, 16) + 1)
)
ZERO_WIDTH_JOINER, VARIATION_SELECTOR, KEYCAP = 0x200D, 0xFE0F, 0x20E3
TAGS = range(0xE0020, 0xE0080)  # tag sequences: flags of England, Scotland and Wales


def is_emoji(text: str) -> bool:
    """Whether the text is one emoji, including variation selectors, ZWJ sequences, keycaps and tag sequences."""
    points = [ord(character) for character in text]
    if not points:
        return False
    if text[0] in "0123456789#*":
        return points[1:] in ([KEYCAP], [VARIATION_SELECTOR, KEYCAP])
    return points[0] in EMOJI and all(
        point in EMOJI or point in (ZERO_WIDTH_JOINER, VARIATION_SELECTOR) or point in TAGS for point in points
    )
