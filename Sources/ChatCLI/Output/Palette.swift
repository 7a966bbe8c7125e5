import ChatClient

/// Colour where somebody sees it.
struct Palette: Sendable {
    let isColoured: Bool

    init(isColoured: Bool) { self.isColoured = isColoured }

    /// `--color` or the configuration decide; `auto` asks the environment (no-color.org, CLICOLOR) and the terminal.
    init(choice: ColorChoice, environment: Environment, isTerminal: Bool) {
        switch choice {
        case .always: isColoured = true
        case .never: isColoured = false
        case .auto:
            if environment["NO_COLOR"] != nil {
                isColoured = false
            } else if let force = environment["CLICOLOR_FORCE"], force != "0" {
                isColoured = true
            } else {
                isColoured = isTerminal && environment["TERM"] != "dumb"
            }
        }
    }

    func faint(_ text: String) -> String { wrap("2", text) }
    func bold(_ text: String) -> String { wrap("1", text) }

    private func wrap(_ code: String, _ text: String) -> String {
        isColoured ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
    }
}
