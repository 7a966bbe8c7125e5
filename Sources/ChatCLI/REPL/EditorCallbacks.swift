@preconcurrency import Glibc

// What readline calls: free functions, because a closure inside the class would be taken for one of the main actor's
// own, and C knows none. Readline calls them while the main actor calls readline, so they are on it.

func lineEntered(_ line: UnsafeMutablePointer<CChar>?) {
    nonisolated(unsafe) let line = line  // It is ours, and goes nowhere else.
    MainActor.assumeIsolated { Editor.current?.accept(line) }
}

func keyWanted(_ stream: UnsafeMutablePointer<FILE>?) -> Int32 {
    MainActor.assumeIsolated { Editor.current?.nextKey() ?? EOF }
}

func keyExpected() -> Int32 { MainActor.assumeIsolated { Editor.current?.isKeyComing() ?? false } ? 1 : 0 }

func terminalWanted(_ meta: Int32) { MainActor.assumeIsolated { Editor.current?.prepare() } }

/// We keep the terminal between two lines.
func terminalNotWanted() {}

func pasteBegan(_ count: Int32, _ key: Int32) -> Int32 {
    MainActor.assumeIsolated { Editor.current?.beginPaste() }
    return 0
}

func specialKeyTyped(_ count: Int32, _ key: Int32) -> Int32 {
    MainActor.assumeIsolated { Editor.current?.signalKey(UInt8(truncatingIfNeeded: key)) }
    return 0
}

func completionWanted(
    _ text: UnsafePointer<CChar>?, _ start: Int32, _ end: Int32
) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? {
    guard let text else { return nil }
    let word = String(cString: text)
    // Written and read by this thread alone, one after the other.
    nonisolated(unsafe) var list: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
    MainActor.assumeIsolated { list = Editor.current?.complete(word, from: start) }
    return list
}
