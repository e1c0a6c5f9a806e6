/** The shortcodes that the bot and people use most; an unknown one stays as it was typed. */
const EMOJI = {
  white_check_mark: "✅", heavy_check_mark: "✔️", ballot_box_with_check: "☑️", x: "❌", negative_squared_cross_mark: "❎",
  hourglass: "⌛", hourglass_flowing_sand: "⏳", warning: "⚠️", lock: "🔒", unlock: "🔓", closed_lock_with_key: "🔐", key: "🔑",
  rocket: "🚀", construction: "🚧", no_entry: "⛔", no_entry_sign: "🚫", octagonal_sign: "🛑", bust_in_silhouette: "👤",
  busts_in_silhouette: "👥", eyes: "👀", mag: "🔍", mag_right: "🔎", file_folder: "📁", open_file_folder: "📂", package: "📦",
  link: "🔗", arrow_right: "➡️", arrow_left: "⬅️", arrow_up: "⬆️", arrow_down: "⬇️", rotating_light: "🚨",
  information_source: "ℹ️", repeat: "🔁", arrows_counterclockwise: "🔄", clock1: "🕐", alarm_clock: "⏰", stopwatch: "⏱️",
  large_green_circle: "🟢", red_circle: "🔴", large_yellow_circle: "🟡", large_blue_circle: "🔵", white_circle: "⚪",
  black_circle: "⚫", gear: "⚙️", wastebasket: "🗑️", bell: "🔔", no_bell: "🔕", pencil: "📝", memo: "📝", clipboard: "📋",
  bookmark: "🔖", scroll: "📜", page_facing_up: "📄", chart_with_upwards_trend: "📈", bar_chart: "📊", calendar: "📅",
  tada: "🎉", wave: "👋", thumbsup: "👍", "+1": "👍", thumbsdown: "👎", "-1": "👎", pray: "🙏", raised_hand: "✋",
  point_right: "👉", bulb: "💡", fire: "🔥", boom: "💥", zap: "⚡", star: "⭐", sparkles: "✨", heart: "❤️", question: "❓",
  exclamation: "❗", grey_question: "❔", shield: "🛡️", house: "🏠", office: "🏢", cloud: "☁️", seedling: "🌱",
  evergreen_tree: "🌲", deciduous_tree: "🌳", label: "🏷️", email: "✉️", envelope: "✉️", incoming_envelope: "📨",
  speech_balloon: "💬", robot_face: "🤖", hammer_and_wrench: "🛠️", wrench: "🔧", lower_left_ballpoint_pen: "🖊️",
  frame_with_picture: "🖼️", leftwards_arrow_with_hook: "↩️", anchor: "⚓", scales: "⚖️", arrow_forward: "▶️",
};

/** @param {string} name without colons @returns {string} the character, or `:name:` */
export function emoji(name) {
  return EMOJI[name] ?? `:${name}:`;
}
