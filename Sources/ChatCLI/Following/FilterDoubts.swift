import CLISupport
import ChatClient

/// Says once that of some names in a filter nothing can come: whoever mistyped one would wait for ever.
struct FilterDoubts {
    private let filter: MessageFilter
    private let client: Client
    private let diagnostics: Diagnostics
    private var wasTold = false

    init(_ filter: MessageFilter, _ client: Client, _ diagnostics: Diagnostics) {
        self.filter = filter
        self.client = client
        self.diagnostics = diagnostics
    }

    /// Asks the server as soon as there is a connection. One that breaks meanwhile is not news: the next one is asked.
    mutating func take(_ event: ListenEvent) async {
        guard case .live = event, !wasTold, !diagnostics.quiet else { return }
        guard let doubts = try? await client.doubts(about: filter) else { return }
        wasTold = true
        for doubt in doubts {
            let problem = doubt.worded(.commandLine)
            diagnostics.note(
                problem.code, "nothing can come yet: \(problem.text)\(problem.hint.map { "; \($0)" } ?? "")")
        }
    }
}
