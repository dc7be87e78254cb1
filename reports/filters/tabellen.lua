-- A table wider than the page scrolls in its own frame, which the keyboard can reach and which has a name.
--
-- Runs on what is about to be written, where both renderers have put the caption ("Tabel 3: …") in the
-- <figcaption> beside the table.

if not FORMAT:match("^html") then
  return {}
end

local function framed(block, label)
  return pandoc.Div({ block }, pandoc.Attr("", { "tabelvenster" }, {
    { "role", "region" }, { "aria-labelledby", label }, { "tabindex", "0" },
  }))
end

local function frame_tables(div, label)
  return div:walk({
    traverse = "topdown",
    Div = function(inner)
      if inner.classes:includes("tabelvenster") then
        return inner, false
      end
    end,
    Table = function(tbl)
      return framed(tbl, label), false
    end,
  })
end

return {
  {
    Div = function(div)
      local described = div.attributes["aria-describedby"]
      if described and described:match("^tbl%-") then
        div.attributes["aria-describedby"] = nil
        return frame_tables(div, described)
      end
    end,
  },
}
