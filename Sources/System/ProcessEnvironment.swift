import CGlibc
import Glibc

package enum ProcessEnvironment {
    /// What we got from who started us, each variable as its bytes.
    package static var inherited: [[UInt8]] {
        var variables: [[UInt8]] = []
        var next = shim_environment()
        while let pointer = next?.pointee {
            let bytes = UnsafeBufferPointer(start: pointer, count: strlen(pointer))
            variables.append(bytes.map(UInt8.init(bitPattern:)))
            next = next?.advanced(by: 1)
        }
        return variables
    }
}
