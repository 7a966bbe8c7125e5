import Glibc

/// Which characters readline and the C library take the terminal's bytes for: UTF-8, as programs of this kind speak it
/// whatever the environment says (cron, `env -i`, LC_ALL=C).
struct TerminalCharacters {
    private var isOverridden = false

    /// Takes the environment's choice where it is UTF-8.
    mutating func choose() {
        setlocale(LC_CTYPE, "")
        guard let name = nl_langinfo(Int32(CODESET)), String(cString: name) != "UTF-8" else { return }
        isOverridden = true
        set()
    }

    /// Readline takes the environment's choice again with each line.
    func set() {
        if isOverridden { setlocale(LC_CTYPE, "C.UTF-8") }
    }
}
