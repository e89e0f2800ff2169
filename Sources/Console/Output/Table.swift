// Text in columns; a value.

/// Rows of cells, laid out in columns as wide as their widest cell.
package struct Table {
    private static let gap = "  "
    /// The columns of a terminal that every table fits into, if its other cells let the first one
    /// shrink enough.
    package static let columns = 80
    /// The first column is made no narrower than that.
    private static let leastFirstColumn = 8

    private var rows: [[Cell]] = []
    private let leftColumns: Set<Int>

    /// A text and how it is shown.
    package struct Cell: ExpressibleByStringInterpolation {
        let text: String
        let tint: Tint

        /// A text in a colour; none by default.
        package init(_ text: String, _ tint: Tint = .none) {
            self.text = text
            self.tint = tint
        }

        /// A text without a colour.
        package init(stringLiteral text: String) { self.init(text) }
    }

    /// A table whose first row names the columns. Cells are set right, but for `leftColumns`.
    package init(_ header: [String], leftColumns: Set<Int> = [0]) {
        rows = header.isEmpty ? [] : [header.map { Cell($0) }]
        self.leftColumns = leftColumns
    }

    /// Adds a row; it may be shorter than the others.
    package mutating func add(_ row: [String]) { rows.append(row.map { Cell($0) }) }

    /// Adds a row of cells with colours.
    package mutating func add(_ row: [Cell]) { rows.append(row) }

    /// The lines, without spaces at their ends.
    package var lines: [String] { lines(in: .plain) }

    /// The lines, with the first column cut off where they would be too long otherwise.
    package func lines(in style: TextStyle) -> [String] {
        let count = rows.map(\.count).max() ?? 0
        var widths = (0..<count).map { column in
            rows.map { column < $0.count ? $0[column].text.count : 0 }.max() ?? 0
        }
        let total = widths.reduce(0, +) + Self.gap.count * max(0, count - 1)
        if total > Self.columns {
            widths[0] = min(
                widths[0], max(Self.leastFirstColumn, widths[0] - (total - Self.columns)))
        }
        return rows.map { row in
            var line = ""
            // Spaces are written before a cell only, so that no line ends with some.
            var spaces = 0
            for (column, cell) in row.enumerated() {
                let text = Self.cut(cell.text, to: widths[column])
                let padding = widths[column] - text.count
                if !leftColumns.contains(column) { spaces += padding }
                if !text.isEmpty {
                    line += String(repeating: " ", count: spaces) + style.paint(text, cell.tint)
                    spaces = 0
                }
                if leftColumns.contains(column) { spaces += padding }
                spaces += Self.gap.count
            }
            return line
        }
    }

    private static func cut(_ text: String, to width: Int) -> String {
        text.count > width ? text.prefix(width - 1) + "…" : text
    }
}
