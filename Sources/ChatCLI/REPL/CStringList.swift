import Glibc

/// Lists of strings as C libraries hand them over: whoever gets one frees each string, and then the list.
enum CStringList {
    typealias Pointer = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

    /// Nil where there is no string; else a list that ends with a null pointer.
    static func make(_ texts: [String]) -> Pointer? {
        let size = MemoryLayout<UnsafeMutablePointer<CChar>?>.stride
        guard !texts.isEmpty, let memory = calloc(texts.count + 1, size) else { return nil }
        let list = memory.bindMemory(to: UnsafeMutablePointer<CChar>?.self, capacity: texts.count + 1)
        for (index, text) in texts.enumerated() { list[index] = strdup(text) }
        return list
    }
}
