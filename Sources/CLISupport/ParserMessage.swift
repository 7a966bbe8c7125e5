/// What ArgumentParser says of a command line that it cannot read, in our form.
package enum ParserMessage {
    /// One line that begins in lower case and ends without a full stop.
    ///
    /// - Parameter arguments: the command line. The message quotes from it, and a line break of a value is shown, since
    ///   the reason stands behind it.
    package static func sentence(_ message: String, arguments: [String]) -> String {
        var scalars = Array(message.unicodeScalars)
        for argument in arguments { show(argument, in: &scalars) }
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars.drop { $0 == "\n" }.prefix { $0 != "\n" })
        return sentence(String(text))
    }

    private static func sentence(_ line: String) -> String {
        var text = line.isEmpty ? "the command line cannot be read" : line
        if text.hasPrefix("Error: ") { text.removeFirst(7) }
        if text.hasSuffix(".") { text.removeLast() }
        guard let first = text.first else { return text }
        return first.lowercased() + text.dropFirst()
    }

    /// Puts what an argument looks like in the place of the argument, or of the value in it. ArgumentParser quotes both.
    private static func show(_ argument: String, in message: inout [Unicode.Scalar]) {
        guard argument.unicodeScalars.contains("\n") else { return }
        let value = argument.unicodeScalars.firstIndex(of: "=").map { String(argument[$0...].dropFirst()) }
        for text in [argument, value ?? ""] where text.unicodeScalars.contains("\n") {
            let quoted = Array("'\(text)'".unicodeScalars)
            let shown = "'\(InertText.line(text))'".unicodeScalars
            while let place = message.firstRange(of: quoted) { message.replaceSubrange(place, with: shown) }
        }
    }
}
