-- One of the first filters of a page: it writes the Typst source of the same document to a file, with its own filters
-- and template, and leaves the document as it was read for the page. So Pandoc reads a text once for both, and the
-- PDF is set while the page is still being written.
--
-- What to write it with stands beside this file, in paper.json. A sign on standard output says that it is there.

local function asked()
  local handle = assert(io.open(PANDOC_SCRIPT_FILE:gsub("paper%.lua$", "paper.json"), "r"))
  local told = pandoc.json.decode(handle:read("a"), false)
  handle:close()
  return told
end

local function filtered(doc, told)
  local environment = setmetatable({ FORMAT = told.format }, { __index = _G })
  for _, filter in ipairs(told.filters) do
    doc = pandoc.utils.run_lua_filter(doc, filter, environment)
  end
  return doc
end

return {
  {
    Pandoc = function(doc)
      local told = asked()
      -- its metadata is a part of that of the page: so Pandoc has read it as it reads all metadata
      local paper = filtered(pandoc.Pandoc(doc.blocks, doc.meta.paper), told)
      local options = {
        template = pandoc.template.compile(pandoc.template.get(told.template), told.template),
        table_of_contents = told["toc"],
        toc_depth = told["toc-depth"],
        wrap_text = "none",
      }
      local output = assert(io.open(told.output, "wb"))
      output:write(pandoc.write(paper, told.format, options))
      output:close()
      io.stdout:write("!")
      io.stdout:flush()
      doc.meta.paper = nil
      return doc
    end,
  },
}
