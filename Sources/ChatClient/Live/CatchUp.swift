/// How far this device has come with what it missed, and when a person hears of it. A value with a hand-moved clock.
struct CatchUp: Equatable {
    /// Between two parts lies less, or it is another catching up.
    static let longestPause = Duration.seconds(10)
    /// A person hears of it no more seldom than this.
    private static let longestSilence = Duration.seconds(30)

    /// When a part was taken in last.
    private(set) var last: Duration?
    private var entries = 0
    private var began = Duration.zero
    private var nextWord: Duration

    /// Until a person hears of it first.
    private let patience: Duration

    init(patience: Duration) {
        self.patience = patience
        nextWord = patience
    }

    /// Entries of what was missed were taken in, behind which there are more.
    ///
    /// - Returns: how many they are by now, when it is time to say so: each time after twice as long.
    mutating func took(_ entries: Int, now: Duration) -> Int? {
        if let last, now - last < Self.longestPause {
            self.entries += entries
        } else {
            (self.entries, began, nextWord) = (entries, now, patience)
        }
        last = now
        let elapsed = now - began
        guard elapsed >= nextWord else { return nil }
        nextWord = elapsed + min(max(elapsed, patience), Self.longestSilence)
        return self.entries
    }

    /// Until when somebody waits who waits so long for the next part.
    func end(of patience: Duration, since start: Duration) -> Duration { max(last ?? start, start) + patience }
}
