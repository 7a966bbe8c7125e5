/// What the connection has told and a reader has not taken yet. A plain value.
struct ReportQueue: Sendable {
    /// Reports that may wait; beyond it the oldest of presence and receipts go, of which the later ones say more.
    static let limit = 4096

    private var reports: [LiveReport] = []

    var isEmpty: Bool { reports.isEmpty }
    /// What stands before the next one in the store; nil where there is none.
    var behind: StorePosition? { reports.first?.behind }

    mutating func add(_ new: [LiveReport]) {
        reports += new
        var excess = reports.count - Self.limit
        guard excess > 0 else { return }
        reports.removeAll { report in
            switch report.event {
            case .presence, .receipt, .member, .deviceWaits:
                guard excess > 0 else { return false }
                excess -= 1
                return true
            case .login, .live, .offline, .ended: return false
            }
        }
    }

    mutating func next() -> LiveReport? { reports.isEmpty ? nil : reports.removeFirst() }
}
